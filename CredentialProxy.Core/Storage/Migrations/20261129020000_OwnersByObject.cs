using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CredentialProxy.Core.Storage.Migrations
{
    /// <inheritdoc />
    public partial class OwnersByObject : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "IX_objects_Provider_Kind_Id",
                table: "objects",
                columns: new[] { "Provider", "Kind", "Id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_objects_Provider_Kind_Id",
                table: "objects");
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CredentialProxy.Core.Storage.Migrations
{
    /// <inheritdoc />
    public partial class ProjectOfToken : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Projects that were deleted while a token was made for them: without one it would be without its limits.
            migrationBuilder.Sql("""
                UPDATE tokens SET "RevokedAt" = coalesce("RevokedAt", "CreatedAt"), "ProjectId" = NULL
                WHERE "ProjectId" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM projects WHERE projects."Id" = tokens."ProjectId")
                """);

            migrationBuilder.AddForeignKey(
                name: "FK_tokens_projects_ProjectId",
                table: "tokens",
                column: "ProjectId",
                principalTable: "projects",
                principalColumn: "Id",
                onDelete: ReferentialAction.Restrict);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey(
                name: "FK_tokens_projects_ProjectId",
                table: "tokens");
        }
    }
}
